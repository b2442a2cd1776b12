import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { builtFile, buildWasm, ROOT, whatIsMissing, wasmSources } from './build.ts'

const missing = whatIsMissing()
if (missing !== undefined) {
  console.error(missing)
  process.exit(1)
}
for (const source of wasmSources()) {
  const file = builtFile(source)
  writeFileSync(file, buildWasm(source))
  console.log(`${relative(ROOT, source)} -> ${relative(ROOT, file)}`)
}
