import type { Options } from 'tsup'
import { modules } from '../../tools/tsup.modules.ts'

const config: Options = modules({ index: 'src/index.ts' })

export default config
