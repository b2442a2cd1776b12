import { mainnet } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { dnsSeedsOf } from './node-defaults.ts'

it('asks the seeds of a network only where their addresses can be reached, and those that were named always', () => {
  expect(dnsSeedsOf({ network: mainnet }, new Set(['torv3', 'i2p', 'cjdns']))).toEqual([])
  expect(dnsSeedsOf({ network: mainnet }, new Set(['torv3', 'ipv6']))).toEqual(
    mainnet.dnsSeeds.map(({ host }) => host),
  )
  expect(dnsSeedsOf({ network: mainnet, dnsSeeds: ['seed.example'] }, new Set(['torv3']))).toEqual([
    'seed.example',
  ])
  expect(dnsSeedsOf({ network: mainnet, dnsSeeds: false }, new Set(['ipv4']))).toEqual([])
})
