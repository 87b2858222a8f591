import { notifications } from '@mantine/notifications';

/** Says that something was done. Failures stand where they happened instead. */
export function notify(message: string) {
  notifications.show({ message, color: 'bell', autoClose: 5_000 });
}
