import type { ConformCase, ListeningCase } from '../model/conform-case.ts'
import { addressCases } from './addresses.ts'
import { blockCases } from './blocks.ts'
import { bloomCases } from './bloom.ts'
import { diallingCases } from './dialling.ts'
import { drivenCases } from './driven.ts'
import { encryptionCases } from './encryption.ts'
import { featureCases } from './features.ts'
import { filterCases } from './filters.ts'
import { framingCases } from './framing.ts'
import { handshakeCases } from './handshake.ts'
import { headerCases } from './headers.ts'
import { inventoryCases } from './inventories.ts'
import { keepAliveCases } from './keep-alive.ts'
import { limitedCases } from './limited.ts'
import { rejectCases } from './reject.ts'
import { servingCases } from './serving.ts'
import { transactionCases } from './transactions.ts'

/** All cases for software that listens, in the order in which they are run. */
export const listeningCases: readonly ListeningCase[] = [
  ...handshakeCases,
  ...featureCases,
  ...keepAliveCases,
  ...framingCases,
  ...rejectCases,
  ...encryptionCases,
  ...addressCases,
  ...inventoryCases,
  ...servingCases,
  ...filterCases,
  ...bloomCases,
  ...limitedCases,
  ...headerCases,
  ...blockCases,
  ...transactionCases,
  ...drivenCases,
]

export { diallingCases }

/** Every case of the suite. */
export const allCases: readonly ConformCase[] = [...listeningCases, ...diallingCases]
