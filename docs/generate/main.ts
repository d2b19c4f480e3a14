/** `npm run docs:reference`: writes the generated pages below the folder that npm runs in, the root of the project. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFERENCE, referencePages } from './pages';

mkdirSync(REFERENCE, { recursive: true });
for (const [name, text] of referencePages(process.cwd())) {
  writeFileSync(join(REFERENCE, name), text);
  console.log(`wrote ${REFERENCE}/${name}`);
}
