import type { ConformCase, ListeningCase } from '../model/conform-case.ts'
import { diallingCases } from './dialling.ts'
import { encryptionCases } from './encryption.ts'
import { exchangeCases } from './exchange.ts'
import { featureCases } from './features.ts'
import { framingCases } from './framing.ts'
import { handshakeCases } from './handshake.ts'
import { keepAliveCases } from './keep-alive.ts'

/** All cases for software that listens, in the order in which they are run. */
export const listeningCases: readonly ListeningCase[] = [
  ...handshakeCases,
  ...featureCases,
  ...keepAliveCases,
  ...framingCases,
  ...encryptionCases,
  ...exchangeCases,
]

export { diallingCases }

/** Every case of the suite. */
export const allCases: readonly ConformCase[] = [...listeningCases, ...diallingCases]
