import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderBehaviour } from './peer-behaviour.ts'

const file = join(import.meta.dirname, '../../../../docs/peer-behaviour.md')
writeFileSync(file, renderBehaviour())
console.log(`wrote ${file}`)
