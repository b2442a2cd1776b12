import type { BlockHash, BlockHeader } from '@sapwood/wire-codec'
import { HashIndex } from './hash-index.ts'

/**
 * Bytes of one record: hash 32, version 4, merkle root 32, time 4, bits 4, nonce 4, slot of the parent 4;
 * numbers in little-endian order. The hash of the parent is in the parent's record. What is kept in memory is
 * what is stored.
 */
export const HEADER_RECORD_SIZE = 84
const HASH = 0
const VERSION = 32
const MERKLE_ROOT = 36
const TIME = 68
const BITS = 72
const NONCE = 76
const PARENT = 80

/** Parent of the first header: the genesis block, or the one that a chain begins with. */
export const NO_SLOT = 0xffffffff

/** Headers to a segment. Segments are never copied, so growing costs no more than the headers that arrive. */
const SEGMENT_BITS = 12
const SEGMENT_SIZE = 1 << SEGMENT_BITS
const SEGMENT_MASK = SEGMENT_SIZE - 1

/** 32-bit limbs of the chain work, lowest first: 128 bits hold 2^32 years of today's network. */
const WORK_LIMBS = 4

interface Segment {
  readonly records: Uint8Array
  readonly view: DataView
  readonly heights: Uint32Array
  readonly work: Uint32Array
  readonly invalid: Uint8Array
}

/**
 * The headers as columns of typed arrays: 105 bytes for each and about 9 for its place in the index. A header
 * is named by its slot, in the order of arrival, so a parent always has a smaller slot than its children.
 */
export class HeaderTable {
  readonly #segments: Segment[] = []
  readonly #index: HashIndex
  #size = 0
  /** Of the header in slot 0, whose parent is in none. */
  #firstParent: BlockHash = new Uint8Array(32) as BlockHash

  constructor() {
    this.#index = new HashIndex({
      equals: (slot, hash) => this.hashEquals(slot, hash),
      prefix: (slot) => this.#view(slot).getUint32(recordOffset(slot) + HASH, true),
    })
  }

  get size(): number {
    return this.#size
  }

  /** @returns the slot of the header with this hash, or -1. */
  find(hash: Uint8Array): number {
    return this.#index.find(hash)
  }

  reserve(count: number): void {
    this.#index.reserve(count)
  }

  /** The header that everything builds on. `workLimbs`: work of the chain up to and with it. */
  appendFirst(header: BlockHeader, hash: Uint8Array, height: number, workLimbs: Uint32Array): void {
    const slot = this.append(header, hash, NO_SLOT, workLimbs)
    this.#segment(slot).heights[slot & SEGMENT_MASK] = height
    this.#firstParent = header.previousBlockHash
  }

  /** `workLimbs`: work of this header alone, four 32-bit limbs. */
  append(header: BlockHeader, hash: Uint8Array, parent: number, workLimbs: Uint32Array): number {
    const slot = this.#size
    const segment = this.#segmentForAppend(slot)
    const offset = recordOffset(slot)
    const { records, view } = segment
    records.set(hash, offset + HASH)
    view.setInt32(offset + VERSION, header.version, true)
    records.set(header.merkleRoot, offset + MERKLE_ROOT)
    view.setUint32(offset + TIME, header.time, true)
    view.setUint32(offset + BITS, header.bits, true)
    view.setUint32(offset + NONCE, header.nonce, true)
    view.setUint32(offset + PARENT, parent, true)
    this.#finishAppend(segment, slot, parent, workLimbs)
    return slot
  }

  /** Takes one stored record as it is. The caller has checked that its parent is known. */
  appendRecord(records: Uint8Array, start: number, workLimbs: Uint32Array): number {
    const slot = this.#size
    const segment = this.#segmentForAppend(slot)
    const offset = recordOffset(slot)
    segment.records.set(records.subarray(start, start + HEADER_RECORD_SIZE), offset)
    this.#finishAppend(segment, slot, segment.view.getUint32(offset + PARENT, true), workLimbs)
    return slot
  }

  /** Records of the slots from `first` to before `end`, copied into one array. */
  records(first: number, end: number): Uint8Array {
    const out = new Uint8Array((end - first) * HEADER_RECORD_SIZE)
    let slot = first
    while (slot < end) {
      const stop = Math.min(end, (slot | SEGMENT_MASK) + 1)
      const from = recordOffset(slot)
      const part = this.#segment(slot).records.subarray(from, from + (stop - slot) * HEADER_RECORD_SIZE)
      out.set(part, (slot - first) * HEADER_RECORD_SIZE)
      slot = stop
    }
    return out
  }

  /** A view: valid as long as the table, and never to be written. */
  hash(slot: number): BlockHash {
    const offset = recordOffset(slot) + HASH
    return this.#segment(slot).records.subarray(offset, offset + 32) as BlockHash
  }

  hashEquals(slot: number, hash: Uint8Array): boolean {
    const { records } = this.#segment(slot)
    const offset = recordOffset(slot)
    for (let i = 0; i < 32; i++) if (records[offset + i] !== hash[i]) return false
    return true
  }

  /** The parent's slot, `NO_SLOT` for genesis. */
  parent(slot: number): number {
    return this.#view(slot).getUint32(recordOffset(slot) + PARENT, true)
  }

  height(slot: number): number {
    return this.#segment(slot).heights[slot & SEGMENT_MASK]!
  }

  time(slot: number): number {
    return this.#view(slot).getUint32(recordOffset(slot) + TIME, true)
  }

  bits(slot: number): number {
    return this.#view(slot).getUint32(recordOffset(slot) + BITS, true)
  }

  isInvalid(slot: number): boolean {
    return this.#segment(slot).invalid[slot & SEGMENT_MASK] !== 0
  }

  markInvalid(slot: number): void {
    this.#segment(slot).invalid[slot & SEGMENT_MASK] = 1
  }

  /** Work of the chain up to and with this header. */
  work(slot: number): bigint {
    const { work } = this.#segment(slot)
    const base = (slot & SEGMENT_MASK) * WORK_LIMBS
    let total = 0n
    for (let limb = WORK_LIMBS - 1; limb >= 0; limb--) total = (total << 32n) | BigInt(work[base + limb]!)
    return total
  }

  /** Whether the chain up to `slot` has more work than the one up to `other`. */
  hasMoreWork(slot: number, other: number): boolean {
    const mine = this.#segment(slot).work
    const theirs = this.#segment(other).work
    const mineBase = (slot & SEGMENT_MASK) * WORK_LIMBS
    const theirBase = (other & SEGMENT_MASK) * WORK_LIMBS
    for (let limb = WORK_LIMBS - 1; limb >= 0; limb--) {
      const difference = mine[mineBase + limb]! - theirs[theirBase + limb]!
      if (difference !== 0) return difference > 0
    }
    return false
  }

  header(slot: number): BlockHeader {
    const { records, view } = this.#segment(slot)
    const offset = recordOffset(slot)
    const parent = view.getUint32(offset + PARENT, true)
    return {
      version: view.getInt32(offset + VERSION, true),
      previousBlockHash: parent === NO_SLOT ? this.#firstParent : this.hash(parent),
      merkleRoot: records.subarray(offset + MERKLE_ROOT, offset + MERKLE_ROOT + 32),
      time: view.getUint32(offset + TIME, true),
      bits: view.getUint32(offset + BITS, true),
      nonce: view.getUint32(offset + NONCE, true),
    }
  }

  #segmentForAppend(slot: number): Segment {
    if (slot >> SEGMENT_BITS === this.#segments.length) {
      const records = new Uint8Array(SEGMENT_SIZE * HEADER_RECORD_SIZE)
      this.#segments.push({
        records,
        view: new DataView(records.buffer),
        heights: new Uint32Array(SEGMENT_SIZE),
        work: new Uint32Array(SEGMENT_SIZE * WORK_LIMBS),
        invalid: new Uint8Array(SEGMENT_SIZE),
      })
    }
    return this.#segment(slot)
  }

  #finishAppend(segment: Segment, slot: number, parent: number, workLimbs: Uint32Array): void {
    const place = slot & SEGMENT_MASK
    const base = place * WORK_LIMBS
    if (parent === NO_SLOT) {
      segment.work.set(workLimbs, base)
    } else {
      segment.heights[place] = this.height(parent) + 1
      segment.invalid[place] = this.isInvalid(parent) ? 1 : 0
      const before = this.#segment(parent).work
      const beforeBase = (parent & SEGMENT_MASK) * WORK_LIMBS
      let carry = 0
      for (let limb = 0; limb < WORK_LIMBS; limb++) {
        const sum = before[beforeBase + limb]! + workLimbs[limb]! + carry
        segment.work[base + limb] = sum
        carry = sum > 0xffffffff ? 1 : 0
      }
    }
    this.#size++
    this.#index.insert(slot)
  }

  #segment(slot: number): Segment {
    return this.#segments[slot >> SEGMENT_BITS]!
  }

  #view(slot: number): DataView {
    return this.#segment(slot).view
  }
}

function recordOffset(slot: number): number {
  return (slot & SEGMENT_MASK) * HEADER_RECORD_SIZE
}

/** Fields of a stored record that are read before it is taken. */
export function recordFields(
  records: Uint8Array,
  start: number,
): { readonly parent: number; readonly bits: number } {
  const view = new DataView(records.buffer, records.byteOffset + start, HEADER_RECORD_SIZE)
  return { parent: view.getUint32(PARENT, true), bits: view.getUint32(BITS, true) }
}
