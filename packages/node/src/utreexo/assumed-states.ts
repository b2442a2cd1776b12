import { blockHashFromHex, type NetworkName } from '@sapwood/wire-codec'
import { parseStump } from '@sapwood/utreexo'
import type { AssumedUtreexoState } from './utreexo-options.ts'

interface KnownState {
  readonly height: number
  /** As people read it. */
  readonly hash: string
  /** As `formatStump` writes it. */
  readonly stump: string
}

/** The states that utreexod 0.6.0 begins with (chaincfg/params.go). */
const KNOWN_STATES: Partial<Record<NetworkName, KnownState>> = {
  main: {
    height: 943_013,
    hash: '00000000000000000001c595730bd4a5fb0e2b35af70882962ce7ae602f48aff',
    stump: stump('3082565786', [
      '58903d7b8f355710ddb5d8dfaf17f240af6a3a14c1d606422dcd6362f8a338e3',
      '10d6640db81dae22a18b99d8f1179ebcf7f39d8758a9183b02762a244e68099e',
      '430e732e0d30717765e7128b6a5fe70eb22b4b3e6dc772a40b46846d9333800d',
      '3dc7194b8069bd841aed28b33791e01297c05e46e2eb8eed8ea93f7202388980',
      'eb41827f548a811e6dcd259f8a486e2233757d100f0e9ac63b2d9fd1559b010d',
      '33ed5b7b9f71bee8f2e8ab03d4bc8544f362600819f13e6267b72d8a9a8fd36d',
      'a51fa39fb261c4ba5596e7239b257241545889428cbd8e8f49c70e24645fe756',
      'db4326c816eea0eafa495b33195a56c696f5a4ef8fdec62f85f8b756b794d53a',
      '091f556e7803e4136025fa5d518a6c88dadd926451b90b5739483bbe49f3d090',
      '7e770db3ace3c6298eb2a64282d57db6aed78fc8b9a4efd7c1714a3a8e23fb74',
      'e62ea173baecb1ea1e51985cfa56dc2ffbd22161be9b10d77467e61f95e5a86e',
      'fd2ab9a7c539d9f1e5dc94879c690980ebc710b431a367eff166792c90963545',
      'a47bc57aea513f1a58d1e9510f61b96ec27fa9bd5cab4c532e72df9507b8641a',
      'a88dc84b5dc1c5392191f066201849274e6cbf4e86b8f0dbce90ce3aaeab07ed',
      'bb7c6dd45d49a024fef17dd043370bcc93e5ca969b2256a38b5a0e96220ff0ab',
      '194411f2b062acb34454bb7f48859a6300df07ad04d8d63f39b6e34275de2e19',
      '539fea58450d5142766460d4c40b9cde097fa18264dae636c38bda061e3f22ac',
      'a25a97e938c05b554de2e3102622c4b4f6a66152f6d2cb2c6445d20a97e28013',
    ]),
  },
  testnet3: {
    height: 4_898_397,
    hash: '000000006e2ff491ed5b4254949d1217eb5e642fd9935e62b89f10990c450e1e',
    stump: stump('666424427', [
      'd8f8d92d389122c7fadc84d0dfb5bef908ad120cae59bde29ba6f8b34758f610',
      '20de6d3093232d3a5a7e34a1c97214e71b623ba6f0bd8d67a7c966cda8ff83d0',
      '302f7fa4d9cf7979d17204b70cba9ded09b406a29491b565d5a9582ea6751139',
      'd0ec6f7b57384b8c4fdc7346b41fd892f9b77a53511e41ca57a3286bed5f9215',
      '46332adcabcb02b61b1b7aaa80ee2843ec8531de5ac0b6f9b882899bb3c242bd',
      'c1b1cb0a622f7ae1d56cd21933e11e32d8ce287ca7b7ee58ed6ee2ab1ca49b4b',
      '51d0bbb2b733101e33817ef9b6037388f826a07e8c07241ec56db112eed96b53',
      'cae060dd671ed06f4d603410271f6150da6dbe1854234fe71dcc5020a2ab1e7e',
      'c3afbc239780aec298fd58bacbb86cf8aeada9306ce9cbc818a74a1b3f6904c5',
      'be1cadde773293c50a53e69a07f5d0edbf87414e9ef2af950a947600453dc597',
      '95ec9ca7fbd21025741c5c0a5fc8890f6c05ca1dd43407a0dd20f658c71985c7',
      'd752187324c3cf9f723870fee0ef80d30531f49065661acbdcc825098a8c160e',
      'a861eb39ba41580cbd431452fa0260bd5343dfd1a9025098e958f7b37a91c332',
      '30551eedd678e3a06f3c3d5b62ef74086aff8b004ca883d8707355f9cb73e259',
      '8a90b8d24e6bfa83d9ccbccbb95d10fb8538b7cda2113b0bf982e9fdb58289a7',
      '26a06ee46fb1e4e0669fcfd70cfe6d00d93f583f4f9c9abb6ee30dca43e52683',
      '5bfbfe4895f4dff67ffbb4adccf6482422c847717470d6ed44a2dcaa19a8ac4e',
    ]),
  },
  signet: {
    height: 297_353,
    hash: '0000000d0ffcda2be44be940b3f2ba0b9e1a5e60dde6d074a7dd749ef2af2061',
    stump: stump('126397012', [
      '3c9008926e6c9fbd6599dc964b3607352fdb293118685809d47346259714c40c',
      '4f968c4a013292a009bc057ec4cca99b0fcb3b416619b77be2cbf4fbf85450f1',
      '6c9112c60a99ddbd25d29291bb9f67e08682df5ca75318c4f6f6003f0130bf55',
      '0aa511752ef5e942a51cfa3fd01c96bb4f331a1cf4e071566b4482a98ffe6d03',
      '3672ff6d9dcfb98cf163fecfb12bc969f7500c604a6983ede7ffb1617c4c7221',
      '1aae0dc3baa7db1631f0b3f00156226b64b70e259fa3131f701fb4efc0228388',
      '4e05ed97fa27af0b4ec97624e4725c6c4c8fdcbac67fe502dd419d93441ee96b',
      '4ec2a1506504148d8a922f3eb9e52d182ce7bf8086feb8656f5a133554ed28b5',
      '4cfbdd2e4bf2004d3b9e3c9638375ab90d6b3aca1c2b0c8fe6ae7abb2062d894',
      '01e4ae0f943115a3371fd90c71966dc5410a43741a1141ea5e8f2297f654c48d',
      'ca0747234af7114f37008347147be5a1df6f6282e09897dc0cc6e14b3435595c',
      '3f35a2d17dea7b7ea387255b67cf632618b51915149d0e6a6abce42146e67ee7',
    ]),
  },
}

/**
 * The latest state of the accumulator that this package has for a network, believed without a proof;
 * undefined where it has none.
 */
export function assumedUtreexoState(network: NetworkName): AssumedUtreexoState | undefined {
  const known = KNOWN_STATES[network]
  if (known === undefined) return undefined
  return { height: known.height, hash: blockHashFromHex(known.hash), stump: parseStump(known.stump) }
}

function stump(leaves: string, roots: readonly string[]): string {
  return `${leaves}:${roots.join(',')}`
}
