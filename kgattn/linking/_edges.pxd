"""Hashes of the trie, as `kgattn.linking.trie` writes them with arrays."""

from libc.stdint cimport int64_t, uint64_t


cdef inline uint64_t multiplier() noexcept nogil:
    """`trie.MULTIPLIER`."""
    return <uint64_t>0x9E3779B97F4A7C15ULL


cdef inline uint64_t extend(uint64_t key, uint64_t atom) noexcept nogil:
    """`extend_key`."""
    cdef uint64_t longer = (key ^ atom) * multiplier()
    return longer ^ (longer >> 29)


cdef inline uint64_t scramble(int64_t node, uint64_t atom) noexcept nogil:
    """The hash of which `edge_place` takes the upper bits."""
    cdef uint64_t scrambled = (<uint64_t>node * multiplier()) ^ atom
    return (scrambled ^ (scrambled >> 32)) * multiplier()


cdef inline bint is_power_of_two(uint64_t number) noexcept nogil:
    return number != 0 and not number & (number - 1)


cdef inline int shift_for(uint64_t size) noexcept nogil:
    """How far to shift a hash to get a place among `size`, a power of two."""
    cdef int bits = 0
    while size:
        size >>= 1
        bits += 1
    return 65 - bits
