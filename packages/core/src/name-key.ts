/**
 * The form in which names are compared, where they come from files, folders or users: composed (NFC). macOS and archives
 * made there spell an accented letter as two characters, keyboards as one; on screen they look the same.
 */
export const nameKey = (name: string): string => name.normalize('NFC');
