package org.wardkey.app.storage

import android.system.ErrnoException
import android.system.Os
import android.system.OsConstants
import java.io.File
import java.io.IOException

/** Has the entries of a folder reach the disk: a file that was renamed is one. */
internal fun interface FolderSync {
    /** Throws [IOException] if the disk fails, and nothing where a file system cannot sync folders. */
    fun sync(folder: File)
}

/** Through Android's own calls: Java has none that says it takes folders. */
internal object AndroidFolderSync : FolderSync {
    override fun sync(folder: File) {
        try {
            val descriptor = Os.open(folder.path, OsConstants.O_RDONLY or OsConstants.O_CLOEXEC, 0)
            try {
                Os.fsync(descriptor)
            } finally {
                Os.close(descriptor)
            }
        } catch (failure: ErrnoException) {
            if (failure.errno !in NOT_FOR_FOLDERS) throw IOException(failure)
        }
    }

    /** What fsync(2) answers where there is nothing to do it with. */
    private val NOT_FOR_FOLDERS = setOf(OsConstants.EINVAL, OsConstants.ENOTSUP, OsConstants.ENOSYS)
}
