import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { formatPeerAddress, isRoutable, mainnet, parsePeerAddress, peerAddressKey } from '../src/index.ts'

it('reads every address that Core ships for mainnet, and writes it as it was', () => {
  const lines = readFileSync(new URL('./vectors/nodes_main.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
  const counts: Record<string, number> = {}
  const keys = new Set<string>()
  for (const line of lines) {
    const address = parsePeerAddress(line, { defaultPort: mainnet.defaultPort })
    expect(formatPeerAddress(address)).toBe(line)
    if (address.network === 'name') throw new Error(`A name: ${line}`)
    expect(isRoutable(address)).toBe(true)
    counts[address.network] = (counts[address.network] ?? 0) + 1
    keys.add(peerAddressKey(address))
  }
  expect(keys.size).toBe(lines.length)
  expect(counts).toMatchObject({ ipv4: 512, torv3: 512, i2p: 512 })
})
