import { sh } from './pack.ts'

/** Reads one file of an archive. */
function readFrom(archive: string, file: string): string {
  return sh('tar', ['-xzOf', archive, `package/${file}`], '.')
}

/** What an archive has to have and lacks, or has twice. */
export function archiveFaults(archive: string): string[] {
  const files = sh('tar', ['-tzf', archive], '.')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^package\//, ''))
  const needed = ['LICENSE', 'README.md', 'package.json'].filter((file) => !files.includes(file))
  const maps = files.filter((file) => file.endsWith('.map'))
  const doubled = maps.filter((file) => 'sourcesContent' in (JSON.parse(readFrom(archive, file)) as object))
  return [
    ...needed.map((file) => `there is no ${file}`),
    ...doubled.map((file) => `${file} holds the sources, which the archive has already`),
    ...files.filter((file) => /\.test\.|\/test\//.test(file)).map((file) => `${file} is a test`),
  ]
}
