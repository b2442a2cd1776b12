import type { Options } from 'tsup'
import { modules } from '../../tools/tsup.modules.ts'

const config: Options = modules({
  index: 'src/index.ts',
  environment: 'src/environment/index.ts',
  tcp: 'src/tcp/index.ts',
  websocket: 'src/websocket/index.ts',
  conformance: 'src/conformance/index.ts',
  testing: 'src/testing/index.ts',
  native: 'src/native/index.ts',
  crypto: 'src/crypto/crypto.ts',
  'crypto.node': 'src/crypto/crypto.node.ts',
})

export default config
