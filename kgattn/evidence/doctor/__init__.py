"""The preflight check: can this graph help on this corpus? Answered before anything is trained."""

from kgattn.evidence.doctor.examine import doctor as doctor
from kgattn.evidence.doctor.report import DoctorReport as DoctorReport
