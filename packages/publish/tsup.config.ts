import type { Options } from 'tsup'
import { base } from '../../tools/tsup.base.ts'

const config: Options = {
  ...base,
  entry: {
    index: 'src/index.ts',
    nats: 'src/nats/index.ts',
    zmq: 'src/zmq/index.ts',
    observe: 'src/observing/index.ts',
    frontier: 'src/frontier/index.ts',
    crawl: 'src/crawl/index.ts',
    conformance: 'src/conformance.ts',
  },
}

export default config
