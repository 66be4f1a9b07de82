"""Putting the graph into a model: `inject`, what it leaves on the model, and its files. Transformers starts here."""

from kgattn.injection.config import InjectionConfig as InjectionConfig
from kgattn.injection.inject import inject as inject
from kgattn.injection.injection import Injection as Injection
from kgattn.injection.storage import from_pretrained as from_pretrained
from kgattn.injection.storage import load as load
from kgattn.injection.storage import save_pretrained as save_pretrained
