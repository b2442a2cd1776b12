import { regtest } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for 2,000 headers 400 times and read none',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  times: 400,
  messages: () => [
    honest({
      type: 'getheaders',
      version: 70_016,
      locator: [regtest.genesisHash],
      stopHash: regtest.genesisHash,
    }),
  ],
})
