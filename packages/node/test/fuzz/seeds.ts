import { concatBytes } from '@sapwood/wire-codec'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'

/** An honest peer of each kind, and the rest of what a run is set to. */
const SETTINGS = [
  [0x00, 0x00],
  [0x04, 0x00],
  [0x01, 0x02],
  [0x02, 0x60],
  [0x20, 0x00],
  [0x24, 0x02],
  [0x40, 0x00],
  [0x80, 0x60],
  [0x18, 0x80],
  [0x38, 0x80],
  [0x04, 0x01],
  [0x06, 0x1c],
] as const

/** A stranger that behaves until it is told otherwise, dialling in from a host of its own. */
const dialIn = (host: number): Uint8Array => Uint8Array.of(10, 0, 0, 0, 0, 0, 0, 0, host)

/** Inputs to start from: strangers, and then steps at random. */
export const seeds: readonly Uint8Array[] = SETTINGS.flatMap((setting, index) =>
  [60, 200].map((length) =>
    concatBytes(
      Uint8Array.from(setting),
      new Uint8Array(7),
      dialIn(1),
      dialIn(2),
      dialIn(3),
      createSeededRandom(index).bytes(length),
    ),
  ),
)
