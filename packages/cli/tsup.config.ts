import type { Options } from 'tsup'
import { base } from '../../tools/tsup.base.ts'

// Nobody imports it: no declarations.
const config: Options = { ...base, entry: { main: 'src/main.ts' }, dts: false }

export default config
