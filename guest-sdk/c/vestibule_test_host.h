// What the two halves of the test kit ask of each other; no test includes it.

#ifndef VESTIBULE_TEST_HOST_H
#define VESTIBULE_TEST_HOST_H

// Forgets what a test has put into the host's place, and removes what its host has left.
void vbt_reset(void);
// Ends the test that is running, which has failed.
void vbt_give_up(const char *why) __attribute__((noreturn));
// The bytes of a file, ended with a zero; NULL where it cannot be read.
const char *vbt_read(const char *path);

#endif
