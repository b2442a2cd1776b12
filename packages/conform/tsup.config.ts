import type { Options } from 'tsup'
import { base } from '../../tools/tsup.base.ts'

const config: Options = {
  ...base,
  entry: { index: 'src/index.ts', command: 'src/command/index.ts', cli: 'src/cli/main.ts' },
}

export default config
