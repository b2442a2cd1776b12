import type { Options } from 'tsup'
import { base } from '../../tools/tsup.base.ts'

const config: Options = {
  ...base,
  entry: {
    index: 'src/index.ts',
    arguments: 'src/arguments/index.ts',
    crypto: 'src/crypto/crypto.ts',
    'crypto.node': 'src/crypto/crypto.node.ts',
  },
}

export default config
