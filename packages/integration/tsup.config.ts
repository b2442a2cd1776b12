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
  },
}

export default config
