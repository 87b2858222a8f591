export { ContentEditor, type ContentEditorProps } from './ContentEditor';
