# mypy: ignore-errors
# (numba types what follows, by rules of its own)
"""The counting models' kernel: every byte is eight binary decisions down a tree whose node masses are sums of counts.

    context --+-- orders 0 .. 2: a page of 256 counts each; entry i says how often the path left node i by a 1
              +-- orders 3 ..  : a trie of the strings seen; a node's followers lie side by side

    mass(node) = base * (symbols below node) + sum over orders of share * (times the order saw a symbol below node)
    p(1 | node) = mass(right child) / (mass(left child) + mass(right child)),   rounded to 32 bits for the coder

The product of the eight conditionals is the mass of the symbol: the textbook's formula, exactly. Contexts are told apart by
indexing and by walking the trie, never by hashing, so none collide. Masses only ever add, so nothing cancels. Arithmetic is
integers and IEEE double + * / in a fixed order. What this file does not do: know where `alpha` and the order come from.

The trie holds every string of 3 .. order + 1 bytes that ends in the block; walking it from step to step needs no links back,
because the string of each length is kept in `contexts` (the idea of PPM's context tries: Bell, Cleary & Witten 1990, ch. 6).
"""

from typing import NamedTuple

import numpy as np

from mdlbench.coder.bits import decode_bit, encode_bit
from mdlbench.models.kernels import DECODE, ENCODE
from mdlbench.numerics.compiled import inline, kernel

DENSE = 2  # the highest order whose contexts have a page of counts
PRECISION = 32  # high orders are sure of themselves: 24 bits would cap what they say
ONE = 1 << PRECISION
SYMBOL, COUNT, FIRST, FOLLOWERS = 0, 1, 2, 3  # columns of `nodes`
_ROOM = 257  # nodes that one order can add in one step: twice 128 followers, and a new context of three bytes
PAGES, NODES, PREVIOUS, FREE = 0, 1, 2, 3  # entries of `used`


class Tables(NamedTuple):
    """All that the model knows, and the scratch of the byte at hand.

    Attributes:
        contexts: int64 (max(order, 2) + 1,), for each order where its context is: a page up to order 2, a trie node above.
        used: int64 (260,), pages and nodes in use, the previous byte, and from FREE on the first of the rooms for 0 .. 256
            followers that were given up, 0 for none.
        rights: uint32 (pages, 256), [page, 0] bytes seen in the context, [page, i] how often node i was left by a 1.
        distinct: int32 (pages,), how many different bytes were seen in the context.
        page_of: int32 (65536,), the page of an order-2 context, 0 until it is seen.
        third: int32 (pages, 256), the trie node of an order-2 context followed by a byte, 0 until it is seen.
        nodes: int32 (nodes, 4), the trie: last byte, times seen, where the followers begin, how many they are.
        share, inside: float64 (3,) and int64 (3,), a page's share in the mass; its count below the current tree node.
        symbols, masses: int64 and float64, what followed the sparse contexts and lies below the current tree node.
    """

    contexts: np.ndarray
    used: np.ndarray
    rights: np.ndarray
    distinct: np.ndarray
    page_of: np.ndarray
    third: np.ndarray
    nodes: np.ndarray
    share: np.ndarray
    inside: np.ndarray
    symbols: np.ndarray
    masses: np.ndarray


def new_tables(order: int, size: int) -> Tables:
    """Empty tables for a block of `size` bytes."""
    pages = 1 + 256 * (order >= 1) + min(1 << 16, size + 1) * (order >= DENSE)
    sparse = max(0, order - DENSE)
    tables = Tables(
        contexts=np.zeros(max(order, DENSE) + 1, np.int64),
        used=np.array([257, 1, 0] + 257 * [0]),
        rights=np.zeros((pages, 256), np.uint32),
        distinct=np.zeros(pages, np.int32),
        page_of=np.zeros(1 << 16 if order >= DENSE else 1, np.int32),
        third=np.zeros((pages if sparse else 1, 256), np.int32),
        nodes=np.zeros((2 * sparse * _ROOM + 1, 4), np.int32),
        share=np.zeros(DENSE + 1),
        inside=np.zeros(DENSE + 1, np.int64),
        symbols=np.zeros(256 * sparse + 1, np.int64),
        masses=np.zeros(256 * sparse + 1),
    )
    start(tables, order)
    return tables


def grow(t: Tables) -> Tables:
    """The same with twice the room for the trie."""
    return t._replace(nodes=np.concatenate([t.nodes, np.zeros_like(t.nodes)]))


@inline
def _new_room(nodes, used, size):
    """Where `size` nodes fit: in a room that was given up, or at the end."""
    room = used[FREE + size]
    if room != 0:
        used[FREE + size] = nodes[room, FIRST]
        return room
    used[NODES] += size
    return used[NODES] - size


@inline
def _child(nodes, used, node, symbol):
    """The trie node of `node`'s string followed by `symbol`, made if it is new. May move `node`'s other children."""
    first, size = np.int64(nodes[node, FIRST]), np.int64(nodes[node, FOLLOWERS])
    for child in range(first, first + size):
        if nodes[child, SYMBOL] == symbol:
            return child
    if size & (size - 1) == 0:  # the room, a power of two, is full
        moved = _new_room(nodes, used, max(1, 2 * size))
        for i in range(size):
            for column in range(4):
                nodes[moved + i, column] = nodes[first + i, column]
        if size > 0:
            nodes[first, FIRST] = used[FREE + size]
            used[FREE + size] = first
        nodes[node, FIRST] = first = moved
    nodes[node, FOLLOWERS] += 1
    child = first + size
    nodes[child, SYMBOL] = symbol
    nodes[child, COUNT] = nodes[child, FIRST] = nodes[child, FOLLOWERS] = 0
    return child


@inline
def _move(contexts, used, page_of, third, nodes, order, symbol, seen):
    """Step every order's context past `symbol`, and add `seen` to its counts in the trie.

    From the highest order down: a list of children that moves holds nothing but the context that is replaced next.
    """
    for j in range(order, DENSE, -1):
        child = _child(nodes, used, contexts[j], symbol)
        nodes[child, COUNT] += seen
        if j < order:
            contexts[j + 1] = child
    if order > DENSE:
        page = contexts[DENSE]
        if third[page, symbol] == 0:
            third[page, symbol] = used[NODES]
            used[NODES] += 1
        contexts[DENSE + 1] = third[page, symbol]
    if order >= DENSE:
        last_two = (used[PREVIOUS] << 8) | symbol
        if page_of[last_two] == 0:
            page_of[last_two] = used[PAGES]
            used[PAGES] += 1
        contexts[DENSE] = page_of[last_two]
    if order >= 1:
        contexts[1] = 1 + symbol
    used[PREVIOUS] = symbol


@kernel
def start(t, order):
    """Stand every order in its context of zero bytes."""
    for _ in range(order):
        _move(t.contexts, t.used, t.page_of, t.third, t.nodes, order, 0, 0)


@inline
def _followers(nodes, context, symbols, masses, begin):
    """Append what followed a sparse context; return how many bytes were seen in it, and how far the list now goes."""
    seen, end, first = 0, begin, np.int64(nodes[context, FIRST])
    for child in range(first, first + np.int64(nodes[context, FOLLOWERS])):
        count = np.int64(nodes[child, COUNT])
        symbols[end] = nodes[child, SYMBOL]
        masses[end] = count
        seen += count
        end += count > 0
    return seen, end


@kernel
def run_page(action, t, order, alpha, data, coder, buffer, ideal, quantised):
    """`run` for one order that has pages, and alpha > 0: the same arithmetic with nothing to sum over."""
    contexts, used, rights, page_of, third, nodes = t.contexts, t.used, t.rights, t.page_of, t.third, t.nodes
    for position in range(data.size):
        page = rights[contexts[order]]
        coming, node, inside, p_quantised = np.int64(data[position]), 1, np.int64(page[0]), 1.0
        whole, half = inside + 256 * alpha, 128
        page[0] += np.uint32(1)
        while half > 0:
            count = np.int64(page[node])
            left, right = alpha * half + (inside - count), alpha * half + count
            p1 = min(max(np.int64(right / (left + right) * ONE + 0.5), 1), ONE - 1)
            if action == DECODE:
                bit = decode_bit(coder, buffer, p1, PRECISION)
            else:
                bit = 1 if coming & half else 0
                if action == ENCODE:
                    encode_bit(coder, buffer, bit, p1, PRECISION)
            p_quantised *= p1 if bit else ONE - p1
            inside = count if bit else inside - count
            page[node] = count + bit
            node = 2 * node + bit
            half >>= 1
        symbol = node & 255
        if action == DECODE:
            data[position] = symbol
        ideal[position] = (inside + alpha) / whole
        quantised[position] = p_quantised * 2.0 ** (-8 * PRECISION)
        _move(contexts, used, page_of, third, nodes, order, symbol, 1)
    return data.size


@kernel
def run(action, t, order, lowest, alpha, data, coder, buffer, ideal, quantised):
    """Encode, decode or measure a stretch of bytes.

    With alpha > 0, one order counts and each symbol has alpha besides. Else Witten-Bell: of what the higher orders left, an
    order with n bytes of t kinds behind it takes 1 / (n + t) per byte seen and leaves t / (n + t) to the next lower one.

    Returns:
        The number of bytes done; fewer than n if the trie must `grow` first.

    Args:
        action: ENCODE `data` into `buffer`, DECODE `buffer` into `data`, or MEASURE `data`.
        t: the tables, as the bytes before left them.
        order, lowest, alpha: the orders that count, and the Dirichlet parameter; 0.0 for Witten-Bell.
        data: uint8 (n,).
        coder: the state of the bit coder.
        buffer: uint8, what the coder writes, or the whole payload.
        ideal, quantised: float64 (n,), out: each byte's probability, as meant and as coded.
    """
    contexts, used, rights, distinct = t.contexts, t.used, t.rights, t.distinct
    page_of, third, nodes = t.page_of, t.third, t.nodes
    share, inside, symbols, masses = t.share, t.inside, t.symbols, t.masses
    dense = min(order, DENSE)
    for position in range(data.size):
        if used[NODES] + (order - DENSE) * _ROOM > len(nodes):
            return position
        # the orders' shares of the mass, and the mass that is left for each of the 256 symbols
        weight, active = 1.0, 0
        for j in range(order, lowest - 1, -1):
            first = active
            if j > DENSE:
                seen, active = _followers(nodes, contexts[j], symbols, masses, first)
                kinds = active - first
            else:
                seen, kinds = np.int64(rights[contexts[j], 0]), np.int64(distinct[contexts[j]])
                inside[j] = seen
            part = 1.0
            if alpha == 0.0 and seen > 0:
                part = weight / (seen + kinds)
                weight = weight * kinds / (seen + kinds)
            if j > DENSE:
                for i in range(first, active):
                    masses[i] *= part
            else:
                share[j] = part
        base = alpha if alpha > 0.0 else weight / 256

        # eight decisions down the tree
        coming, node = np.int64(data[position]), 1
        whole = leaf = p_quantised = 1.0
        for depth in range(8):
            half = 128 >> depth
            left = right = base * half
            for j in range(lowest, dense + 1):
                count = np.int64(rights[contexts[j], node])
                left += share[j] * (inside[j] - count)
                right += share[j] * count
            for i in range(active):
                goes_right = symbols[i] >> (7 - depth) & 1
                left += masses[i] * (1 - goes_right)
                right += masses[i] * goes_right
            p1 = min(max(np.int64(right / (left + right) * ONE + 0.5), 1), ONE - 1)
            if action == DECODE:
                bit = decode_bit(coder, buffer, p1, PRECISION)
            else:
                bit = 1 if coming & half else 0
                if action == ENCODE:
                    encode_bit(coder, buffer, bit, p1, PRECISION)
            if depth == 0:
                whole = left + right
            leaf = right if bit else left
            p_quantised *= p1 if bit else ONE - p1
            # count the decision, keep what lies below the child taken
            for j in range(lowest, dense + 1):
                page = contexts[j]
                count = np.int64(rights[page, node])
                inside[j] = count if bit else inside[j] - count
                rights[page, node] += np.uint32(bit)
            kept = 0
            for i in range(active):
                symbols[kept] = symbols[i]
                masses[kept] = masses[i]
                kept += (symbols[i] >> (7 - depth) & 1) == bit
            active = kept
            node = 2 * node + bit

        # count the byte, move on
        symbol = node & 255
        if action == DECODE:
            data[position] = symbol
        ideal[position] = leaf / whole
        quantised[position] = p_quantised * 2.0 ** (-8 * PRECISION)
        for j in range(lowest, dense + 1):
            rights[contexts[j], 0] += np.uint32(1)
            distinct[contexts[j]] += inside[j] == 0
        _move(contexts, used, page_of, third, nodes, order, symbol, 1)
    return data.size
