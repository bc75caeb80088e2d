import { readFileSync, writeFileSync } from 'node:fs'
import { withSettingsPage } from './settings-page.ts'

/** `npm run docs`: writes the tables of settings in docs/operations.md. */
const path = new URL('../../docs/operations.md', import.meta.url)
writeFileSync(path, withSettingsPage(readFileSync(path, 'utf8')))
