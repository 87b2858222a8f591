import type { Vendor, VendorField } from '../vendors';

function field(name: string, label: string, more: Partial<VendorField> = {}): VendorField {
  return {
    name,
    label,
    help: '',
    expected: 'not empty',
    example: '',
    required: true,
    secret: false,
    input: 'line',
    ...more,
  };
}

const from = [
  field('from', 'Sender address', { help: 'Has to be verified at the vendor.', example: 'news@example.org' }),
  field('from_name', 'Sender name', { required: false, example: 'Mill Lane Fibre' }),
];
const senderId = field('sender_id', 'Sender ID', { help: 'What phones show.', example: 'Carillon', required: false });
const none = { sender: [], settings: [], credentials: [], combinations: [] };

/** Descriptions of vendors as the API gives them, one for each shape that a form can have. */
export const vendors: Vendor[] = [
  { ...none, id: 'ses', name: 'Amazon SES', channel: 'email', account: 'platform', sender: from },
  {
    ...none,
    id: 'sendgrid',
    name: 'SendGrid',
    channel: 'email',
    account: 'tenant',
    sender: from,
    settings: [
      field('region', 'Region', {
        required: false,
        input: 'choice',
        choices: [
          { value: 'global', label: 'Global' },
          { value: 'eu', label: 'European Union' },
        ],
      }),
    ],
    credentials: [
      field('api_key', 'API key', { secret: true, help: 'Settings, API Keys. It needs the permission Mail Send.' }),
      field('webhook_public_key', 'Verification key', {
        required: false,
        help: 'Settings, Mail Settings, Event Webhook.',
      }),
    ],
    callbacks: {
      setup: 'Enter this address under Settings, Mail Settings, Event Webhook, and turn on Signed Event Webhook.',
    },
  },
  {
    ...none,
    id: 'smtp',
    name: 'SMTP server',
    channel: 'email',
    account: 'tenant',
    sender: from,
    settings: [
      field('host', 'Host', { example: 'smtp.example.org' }),
      field('port', 'Port', { required: false, example: '587' }),
    ],
    credentials: [field('username', 'User name'), field('password', 'Password', { secret: true })],
  },
  {
    ...none,
    id: 'google',
    name: 'Google Workspace',
    channel: 'email',
    account: 'tenant',
    sender: from,
    credentials: [
      field('client_id', 'Client ID', { required: false }),
      field('client_secret', 'Client secret', { required: false, secret: true }),
      field('client_email', 'Service account', { required: false }),
      field('private_key', 'Private key', { required: false, secret: true, input: 'lines' }),
    ],
    combinations: [
      {
        required: true,
        exclusive: true,
        groups: [
          ['credentials.client_id', 'credentials.client_secret'],
          ['credentials.client_email', 'credentials.private_key'],
        ],
      },
    ],
  },
  {
    ...none,
    id: 'twilio',
    name: 'Twilio',
    channel: 'sms',
    account: 'tenant',
    sender: [senderId],
    settings: [field('messaging_service', 'Messaging Service SID', { required: false, example: 'MG0123456789' })],
    credentials: [
      field('account_sid', 'Account SID', { help: 'On the first page of the Twilio Console, under Account Info.' }),
      field('auth_token', 'Auth token', { required: false, secret: true, help: 'Below the Account SID.' }),
      field('api_key_sid', 'API key SID', { required: false }),
      field('api_key_secret', 'API key secret', { required: false, secret: true }),
    ],
    combinations: [
      {
        required: true,
        exclusive: false,
        groups: [['credentials.auth_token'], ['credentials.api_key_sid', 'credentials.api_key_secret']],
      },
      { required: true, exclusive: false, groups: [['sender_id'], ['settings.messaging_service']] },
    ],
    callbacks: { setup: 'Nothing to do for delivery statuses. For replies, enter this address at the number.' },
  },
  {
    ...none,
    id: 'infobip',
    name: 'Infobip',
    channel: 'sms',
    account: 'tenant',
    sender: [senderId],
    settings: [field('base_url', 'Base URL')],
    credentials: [field('api_key', 'API key', { secret: true })],
  },
  { ...none, id: 'sns', name: 'Amazon SNS', channel: 'sms', account: 'platform', sender: [senderId] },
  {
    ...none,
    id: 'http_sms',
    name: 'HTTP endpoint (SMS)',
    channel: 'sms',
    account: 'tenant',
    settings: [
      field('url', 'URL', { example: 'https://sms.example.org/messages' }),
      field('body', 'Body', { required: false, input: 'lines', help: 'JSON with placeholders.' }),
    ],
    credentials: [
      field('signing_key', 'Signing key', { secret: true }),
      field('header_', 'Headers', { required: false, secret: true, input: 'named', help: 'Sent with each request.' }),
    ],
    callbacks: { setup: 'Nothing to set up.' },
  },
];
