import { useLingui } from '@lingui/react/macro';

import { TemplateField } from '../TemplateField';

export type BlockEditorProps = { mjml: string; onChange: (mjml: string) => void };

export function BlockEditor({ mjml, onChange }: BlockEditorProps) {
  const { t } = useLingui();
  return <TemplateField label={t`MJML`} value={mjml} onChange={onChange} lines={16} mono dir="ltr" />;
}
