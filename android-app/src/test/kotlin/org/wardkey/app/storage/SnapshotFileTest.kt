package org.wardkey.app.storage

import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.boundary.failureOf
import org.wardkey.core.StorageFailure
import java.io.File
import kotlin.random.Random

@RunWith(RobolectricTestRunner::class)
internal class SnapshotFileTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val file by lazy { File(folder.root, "passkeys") }
    private val storage by lazy { SnapshotFile(file) }

    @Test
    fun `there is nothing before the first save`() = runBlocking { assertNull(storage.load()) }

    @Test
    fun `gives back what was saved last, whatever its length`() = runBlocking {
        val random = Random(7)
        for (length in listOf(0, 1, 4096, 3, 200_000)) {
            val snapshot = random.nextBytes(length)
            storage.replace(snapshot)
            assertArrayEquals(snapshot, storage.load())
            assertArrayEquals("in another process", snapshot, SnapshotFile(file).load())
        }
        assertEquals("nothing else is left", listOf("passkeys"), folder.root.list().orEmpty().toList())
    }

    @Test
    fun `a write that was cut short changes nothing, and the next one succeeds`() = runBlocking {
        storage.replace(byteArrayOf(1, 2, 3))
        File(folder.root, "passkeys.new").writeBytes(byteArrayOf(9))
        assertArrayEquals(byteArrayOf(1, 2, 3), storage.load())
        storage.replace(byteArrayOf(4))
        assertArrayEquals(byteArrayOf(4), storage.load())
    }

    @Test
    fun `a write that fails keeps the old snapshot and says which file and why`() = runBlocking {
        storage.replace(byteArrayOf(1, 2, 3))
        assertTrue("in the way of the new one", File(folder.root, "passkeys.new").mkdir())
        val failure = failureOf<StorageFailure.Failed> { runBlocking { storage.replace(byteArrayOf(4)) } }
        assertTrue(failure.detail, failure.detail.startsWith("passkeys could not be written: FileNotFound"))
        assertArrayEquals(byteArrayOf(1, 2, 3), storage.load())
    }

    @Test
    fun `what is there but cannot be read is a failure, not an empty phone`() = runBlocking {
        assertTrue("a folder in its place", file.mkdir())
        val failure = failureOf<StorageFailure.Failed> { runBlocking { storage.load() } }
        assertTrue(failure.detail, failure.detail.startsWith("passkeys could not be read: "))
    }

    @Test
    fun `a folder that does not exist is a failure to write`() = runBlocking {
        val nowhere = SnapshotFile(File(folder.root, "missing/passkeys"))
        assertNull(nowhere.load())
        val failure = failureOf<StorageFailure.Failed> { runBlocking { nowhere.replace(byteArrayOf(1)) } }
        assertTrue(failure.detail, failure.detail.startsWith("passkeys could not be written: "))
    }

    /** The core would wait for ever for an answer that is neither. */
    @Test
    fun `an Error comes out as a failure too`() = runBlocking {
        val broken = SnapshotFile(object : File(file.path) {
            override fun toPath() = throw OutOfMemoryError("no memory")
        })
        val failures = listOf(
            failureOf<StorageFailure.Failed> { runBlocking { broken.load() } },
            failureOf<StorageFailure.Failed> { runBlocking { broken.replace(byteArrayOf(1)) } },
        )
        val expected = listOf("read", "written").map {
            "passkeys could not be $it: OutOfMemoryError: no memory"
        }
        assertEquals(expected, failures.map { it.detail })
    }
}
