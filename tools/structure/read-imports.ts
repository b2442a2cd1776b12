import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

/** A file that another one imports, both relative to the folder that was read. */
export interface FileImport {
  readonly from: string
  readonly to: string
}

/** Every import between files of a folder, those of types included, tests left out. */
export function readImports(
  folder: string,
  aliases: Readonly<Record<string, string>> = {},
): readonly FileImport[] {
  const found: FileImport[] = []
  for (const from of sourceFiles(folder)) {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(folder, from), 'utf8'), true, true)
    for (const { fileName } of importedFiles) {
      const target =
        aliases[fileName] ?? (fileName.startsWith('.') ? join(dirname(from), fileName) : undefined)
      if (target === undefined) continue
      if (existsSync(join(folder, target)) && statSync(join(folder, target)).isFile()) {
        found.push({ from, to: target })
      }
    }
  }
  return found
}

/** Whether a file imports one of the packages, by name or by path. */
export function importsPackages(file: string): boolean {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true)
  return importedFiles.some(({ fileName }) => /^@sapwood\/|^\.\..*\/packages\//.test(fileName))
}

/** The source files of a folder, relative to it. */
export function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}
