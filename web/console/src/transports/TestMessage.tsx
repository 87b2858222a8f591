import { Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, useRef, useState } from 'react';

import { api, call, type Schemas, useAction } from '../api';
import { Button, ProblemNote, Section, SimpleGrid, Stack, Text, TextInput, useFocusOnProblem } from '../ui';
import { TestResult } from './TestResult';

/** Sends one message through an account to the person's own address, and tells what the vendor answered. */
export function TestMessage({ transport }: { transport: Schemas['Transport'] }) {
  const { t } = useLingui();
  const form = useRef<HTMLFormElement>(null);
  const [to, setTo] = useState('');
  const [template, setTemplate] = useState('');
  const [language, setLanguage] = useState('');
  const [missing, setMissing] = useState(false);
  const test = useAction(
    () => {
      const content =
        template === '' ? undefined : { whatsapp: { template: { name: template, language: language || 'en' } } };
      return call(
        api.POST('/v1/transports/{transport}/test', {
          params: { path: { transport: transport.id } },
          body: { to: to.trim(), content },
        }),
      );
    },
    // A test that succeeds closes the breaker.
    { refresh: ['/v1/transports'] },
  );
  useFocusOnProblem(form, test.error);
  const label = {
    email: t`Your email address`,
    sms: t`Your mobile number`,
    whatsapp: t`Your WhatsApp number`,
    push: t`Your device`,
  };
  const help = {
    email: undefined,
    sms: t`With the country code, for example +44 20 7946 0000`,
    whatsapp: t`With the country code, for example +44 20 7946 0000`,
    push: t`The device’s registration, as your app or site knows it`,
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(to.trim() === '');
    if (to.trim() !== '') test.mutate();
  };
  return (
    <Section
      title={t`Test message`}
      about={<Trans>One message to yourself, through this account, even while it is switched off.</Trans>}
    >
      <form ref={form} noValidate onSubmit={submit} aria-label={t`Test message`}>
        <Stack gap="sm">
          <TextInput
            label={label[transport.channel]}
            description={help[transport.channel]}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            error={missing && to.trim() === '' ? t`Enter where the message should go.` : test.error?.of('to')}
            type={transport.channel === 'email' ? 'email' : transport.channel === 'push' ? 'text' : 'tel'}
            autoComplete={transport.channel === 'email' ? 'email' : transport.channel === 'push' ? 'off' : 'tel'}
          />
          {transport.channel === 'whatsapp' && (
            <>
              <Text size="sm" c="dimmed">
                <Trans>
                  Without a template, the message reaches you only if you wrote to the sender in the last 24 hours.
                </Trans>
              </Text>
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <TextInput
                  label={t`Template without placeholders (optional)`}
                  description={t`For Twilio, its content SID`}
                  inputWrapperOrder={['label', 'input', 'description', 'error']}
                  value={template}
                  onChange={(event) => setTemplate(event.currentTarget.value)}
                  error={test.error?.of('content.whatsapp.template.name')}
                />
                <TextInput
                  label={t`Language of the template`}
                  value={language}
                  placeholder="en"
                  onChange={(event) => setLanguage(event.currentTarget.value)}
                  error={test.error?.of('content.whatsapp.template.language')}
                />
              </SimpleGrid>
            </>
          )}
          <div>
            <Button type="submit" variant="default" loading={test.isPending}>
              <Trans>Send a test message</Trans>
            </Button>
          </div>
          <ProblemNote
            problem={test.error}
            shown={['to', 'content.whatsapp.template.name', 'content.whatsapp.template.language']}
          />
          {test.data !== undefined && !test.isPending && <TestResult result={test.data} transport={transport} />}
        </Stack>
      </form>
    </Section>
  );
}
