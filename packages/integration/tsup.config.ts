import type { Options } from 'tsup'
import { base } from '../../tools/tsup.base.ts'

const config: Options = {
  ...base,
  entry: {
    index: 'src/index.ts',
    'test-peer': 'src/test-peer/index.ts',
    liars: 'src/liars/index.ts',
    command: 'src/command/index.ts',
    vitest: 'src/vitest/index.ts',
    'global-setup': 'src/global-setup/index.ts',
    setup: 'src/setup/index.ts',
    installer: 'src/cli/installer.ts',
    // What `installer` starts as processes of their own: found beside it.
    'listener-process': 'src/fleet/listener-process.ts',
    'worker-process': 'src/fleet/worker-process.ts',
  },
}

export default config
