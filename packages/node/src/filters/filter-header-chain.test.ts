import type { Hash256 } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { FilterHeaderChain } from './filter-header-chain.ts'

const header = (value: number): Hash256 => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

describe('the chain of filter headers', () => {
  it('grows, and is cut', () => {
    const chain = new FilterHeaderChain()
    expect([chain.height, chain.at(0), chain.at(-1)]).toEqual([-1, undefined, undefined])
    for (let start = 0; start < 10_000; start += 2_000) {
      chain.append(Array.from({ length: 2_000 }, (_, index) => header(start + index)))
    }
    expect(chain.height).toBe(9_999)
    for (const height of [0, 1, 2_047, 2_048, 9_999]) expect(chain.at(height)).toEqual(header(height))
    chain.truncate(20_000)
    expect(chain.height).toBe(9_999)
    chain.truncate(100)
    expect([chain.height, chain.at(100), chain.at(101)]).toEqual([100, header(100), undefined])
    chain.truncate(-1)
    expect(chain.height).toBe(-1)
  })

  it('hands out copies', () => {
    const chain = new FilterHeaderChain()
    chain.append([header(1)])
    chain.at(0)!.fill(7)
    expect(chain.at(0)).toEqual(header(1))
  })

  it('says from where on what was doubted is another', () => {
    const chain = new FilterHeaderChain()
    const headers = Array.from({ length: 10 }, (_, height) => header(height))
    chain.append(headers)
    chain.doubt(3)
    expect(chain.height).toBe(3)
    expect(chain.append(headers.slice(4, 6))).toBeUndefined()
    expect(chain.append([header(6), header(77), header(88), header(99), header(100)])).toBe(7)
    chain.doubt(-1)
    chain.truncate(4)
    // What a reorg has left behind is no lie.
    expect(chain.append([...headers.slice(0, 5), header(55)])).toBeUndefined()
  })
})
