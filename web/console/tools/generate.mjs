// Writes src/api/schema.d.ts from the committed description of the API, unless it is newer than that.
import { stat, writeFile } from 'node:fs/promises';
import openapiTypescript, { astToString } from 'openapi-typescript';

const source = new URL('../../../functions/api/openapi.json', import.meta.url);
const target = new URL('../src/api/schema.d.ts', import.meta.url);

const modified = async (file) => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;

if ((await modified(target)) <= (await modified(source))) {
    const types = astToString(
        await openapiTypescript(source, {
            // A default makes a property of a request optional.
            defaultNonNullable: false,
        }),
    );
    await writeFile(target, `// Generated from openapi.json; not committed.\n${types}`);
}
