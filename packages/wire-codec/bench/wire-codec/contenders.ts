import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as P from 'micro-packed'
