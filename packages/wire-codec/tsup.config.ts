import type { Options } from 'tsup'
import { modules } from '../../tools/tsup.modules.ts'

const config: Options = modules({
  index: 'src/index.ts',
  arguments: 'src/arguments/index.ts',
  wasm: 'src/crypto/load-wasm.ts',
  crypto: 'src/crypto/crypto.ts',
  'crypto.node': 'src/crypto/crypto.node.ts',
})

export default config
