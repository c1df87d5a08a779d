package org.wardkey.app.fakes

import android.system.ErrnoException
import android.system.Os
import android.system.OsConstants
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.Resetter
import java.io.File
import java.io.FileDescriptor
import java.nio.channels.FileChannel
import java.nio.file.StandardOpenOption
import java.util.Collections
import java.util.IdentityHashMap

/**
 * Android's calls to open, sync and close, for folders: Robolectric opens files alone, and syncs nothing. They
 * reach the real file system, unless [failWith] says otherwise.
 */
@Implements(Os::class)
internal class FolderOs {
    internal companion object {
        private val open = Collections.synchronizedMap(IdentityHashMap<FileDescriptor, File>())

        /** What each sync fails with, one of [OsConstants]; it happens all the same. */
        @Volatile
        var failWith: Int? = null

        /** Sees each folder at the moment when it is synced. */
        @Volatile
        var synced: (File) -> Unit = {}

        /** How many descriptors have not been closed. */
        val left: Int get() = open.size

        @JvmStatic
        @Implementation
        fun open(path: String, flags: Int, mode: Int): FileDescriptor {
            val folder = File(path)
            check(flags == OsConstants.O_RDONLY or OsConstants.O_CLOEXEC && mode == 0) { "not to look at" }
            if (!folder.isDirectory) throw ErrnoException("open", OsConstants.ENOENT)
            return FileDescriptor().also { open[it] = folder }
        }

        @JvmStatic
        @Implementation
        fun fsync(descriptor: FileDescriptor) {
            val folder = open[descriptor] ?: throw ErrnoException("fsync", OsConstants.EBADF)
            FileChannel.open(folder.toPath(), StandardOpenOption.READ).use { it.force(true) }
            synced(folder)
            failWith?.let { throw ErrnoException("fsync", it) }
        }

        @JvmStatic
        @Implementation
        fun close(descriptor: FileDescriptor) {
            open.remove(descriptor) ?: throw ErrnoException("close", OsConstants.EBADF)
        }

        @JvmStatic
        @Resetter
        fun reset() {
            open.clear()
            failWith = null
            synced = {}
        }
    }
}
