package org.wardkey.app.storage

import android.system.OsConstants
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.OneFileTest
import org.wardkey.app.boundary.failureOf
import org.wardkey.app.fakes.FolderOs
import org.wardkey.core.StorageFailure
import java.io.File
import java.io.IOException

/** That a rename outlasts a dead battery, as far as Android is asked for it. */
internal class FolderSyncTest : OneFileTest("passkeys") {
    private val storage by lazy { SnapshotFile(file) }

    @After
    fun reset() = FolderOs.reset()

    @Test
    fun `the folder is synced once the new snapshot stands in it`() = runBlocking {
        val seen = mutableListOf<Pair<File, List<Byte>>>()
        FolderOs.synced = { seen += it to file.readBytes().toList() }
        storage.replace(byteArrayOf(1))
        storage.replace(byteArrayOf(2, 3))
        val expected = listOf(folder.root to listOf<Byte>(1), folder.root to listOf<Byte>(2, 3))
        assertEquals(expected, seen)
        assertEquals("descriptors that were not closed", 0, FolderOs.left)
    }

    @Test
    fun `a disk that fails is a failure`() = runBlocking {
        for (code in listOf(OsConstants.EIO, OsConstants.ENOSPC, OsConstants.EROFS, OsConstants.EBADF)) {
            FolderOs.failWith = code
            val failure = failureOf<StorageFailure.Failed> { runBlocking { storage.replace(byteArrayOf(1)) } }
            assertTrue(failure.detail, failure.detail.startsWith("passkeys could not be written: IOException"))
        }
        assertEquals(0, FolderOs.left)
    }

    @Test
    fun `a file system that cannot sync folders is none`() = runBlocking {
        for (code in listOf(OsConstants.EINVAL, OsConstants.ENOTSUP, OsConstants.ENOSYS)) {
            assertTrue("Robolectric knows its number", code > 0)
            FolderOs.failWith = code
            storage.replace(byteArrayOf(code.toByte()))
            assertArrayEquals(byteArrayOf(code.toByte()), storage.load())
        }
        assertEquals(0, FolderOs.left)
    }

    @Test
    fun `a folder that is not there is a failure`() {
        assertThrows(IOException::class.java) { AndroidFolderSync.sync(File(folder.root, "missing")) }
    }
}
