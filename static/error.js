/** The page for a navigation that failed. */

import { startPublicPage } from './public-page.js';

startPublicPage();
