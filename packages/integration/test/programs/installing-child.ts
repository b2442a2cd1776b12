import { findProgram, type ProgramSpec } from '../../src/programs/find-program.ts'

// Finds a program, or installs it: to be killed while it does.
const [spec, cache] = process.argv.slice(2)
await findProgram(JSON.parse(spec!) as ProgramSpec, { cache: cache!, environment: { PATH: '' } })
