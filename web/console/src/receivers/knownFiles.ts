/**
 * The names of files that were added in this browser. The API keeps the content of an import and not what its file was called.
 */
type KnownFile = { import: string; campaign: string; name: string };

const STORED = 'carillon.files';
const MOST = 500;

function all(): KnownFile[] {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? '[]') as KnownFile[];
  } catch {
    return [];
  }
}

function store(files: KnownFile[]) {
  try {
    localStorage.setItem(STORED, JSON.stringify(files.slice(-MOST)));
  } catch {
    // Without storage, files are called by their date.
  }
}

export function rememberFile(file: KnownFile) {
  store([...all().filter((it) => it.import !== file.import), file]);
}

export function forgetFile(id: string) {
  store(all().filter((it) => it.import !== id));
}

export function filesOf(campaign: string): KnownFile[] {
  return all().filter((it) => it.campaign === campaign);
}

export function fileName(id: string): string | undefined {
  return all().find((it) => it.import === id)?.name;
}
