// Answers with what came in, as JSON: what the conformance tests ask of every language.

#include <vestibule.h>
