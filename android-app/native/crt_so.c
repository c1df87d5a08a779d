// What a shared library on Android has at its start: the NDK's crtbegin_so.o, for a build without it.

// Names this library to the C library, so that its exit handlers run when it is unloaded.
__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;

extern void __cxa_finalize(void *library);
extern int __cxa_atexit(void (*function)(void *), void *argument, void *library);

__attribute__((destructor, used)) static void unload(void) {
    __cxa_finalize(&__dso_handle);
}

typedef void (*handler)(void);

static void call(void *function) {
    ((handler)(__UINTPTR_TYPE__)function)();
}

// Bionic exports no atexit: each library has its own, which registers for that library alone.
__attribute__((visibility("hidden"))) int atexit(handler function) {
    return __cxa_atexit(call, (void *)(__UINTPTR_TYPE__)function, &__dso_handle);
}

// Tells debuggers and the dynamic linker which API level the library was built for.
__attribute__((section(".note.android.ident"), used, aligned(4))) static const struct {
    int name_size, description_size, type;
    char name[8];
    int api_level;
} identification = {8, 4, 1, "Android", __ANDROID_API__};
