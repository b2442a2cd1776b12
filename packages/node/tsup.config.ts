import type { Options } from 'tsup'
import { base } from '../../tools/tsup.base.ts'

const config: Options = {
  ...base,
  entry: {
    index: 'src/index.ts',
    'check-workers': 'src/blocks/check-workers/index.ts',
    'check-worker': 'src/blocks/check-workers/check-worker.ts',
    utreexo: 'src/utreexo/index.ts',
    'utreexo-bridge': 'src/utreexo-bridge/index.ts',
    watcher: 'src/watcher/index.ts',
    remote: 'src/remote/index.ts',
    conformance: 'src/conformance.ts',
    platform: 'src/platform/platform.ts',
    'platform.node': 'src/platform/platform.node.ts',
  },
}

export default config
