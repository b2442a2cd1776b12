#!/usr/bin/env node
import { install } from './install.ts'

process.exit(await install(process.argv.slice(2)))
