#!/usr/bin/env node
import { conform } from './conform.ts'

process.exit(await conform(process.argv.slice(2)))
