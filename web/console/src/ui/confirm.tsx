import { useLingui } from '@lingui/react/macro';
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';

type Question = {
  title: string;
  /** What will happen, with how many. */
  text: ReactNode;
  /** The verb on the button. */
  verb: string;
  /** Whether something is lost or cannot be taken back. */
  grave?: boolean;
};

type Ask = (question: Question) => Promise<boolean>;

const Confirm = createContext<Ask>(() => Promise.resolve(false));

/** Asks before something that cannot simply be undone. */
export function useConfirm(): Ask {
  return use(Confirm);
}

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const [asked, setAsked] = useState<(Question & { answer: (yes: boolean) => void }) | undefined>();
  const ask = useCallback<Ask>((question) => new Promise((answer) => setAsked({ ...question, answer })), []);
  const close = useMemo(
    () => (yes: boolean) => {
      asked?.answer(yes);
      setAsked(undefined);
    },
    [asked],
  );
  return (
    <Confirm value={ask}>
      {children}
      <Modal
        // Above the drawer that a question is asked from.
        zIndex={400}
        opened={asked !== undefined}
        onClose={() => close(false)}
        title={asked?.title}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <Stack>
          <Text component="div" size="sm">
            {asked?.text}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => close(false)} data-autofocus>
              {t`Not now`}
            </Button>
            <Button color={asked?.grave === true ? 'red.8' : undefined} onClick={() => close(true)}>
              {asked?.verb}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Confirm>
  );
}
