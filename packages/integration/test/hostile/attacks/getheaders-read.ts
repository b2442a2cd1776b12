import { regtest } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { randomHash } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for 2,000 headers, with a locator of 100 hashes that nobody knows, and read all answers',
  peers: A_FEW,
  messages: () => [
    honest({
      type: 'getheaders',
      version: 70_016,
      locator: [...Array.from({ length: 99 }, randomHash), regtest.genesisHash],
      stopHash: regtest.genesisHash,
    }),
  ],
})
