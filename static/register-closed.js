/** The sign-up page while sign-up is closed. */

import { keepNext } from './next.js';
import { startPublicPage } from './public-page.js';

keepNext();
startPublicPage();
