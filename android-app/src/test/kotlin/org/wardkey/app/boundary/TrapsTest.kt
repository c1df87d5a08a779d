package org.wardkey.app.boundary

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.fakes.ecKeyPair
import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeyFailure
import org.wardkey.core.KeySpec
import org.wardkey.core.uniffiForeignFutureHandleCount
import java.util.concurrent.CountDownLatch

/**
 * What goes wrong at a boundary between Kotlin and Rust unless somebody sees to it. Where the trap is in the
 * generated code, the test shows it as it is, so that whoever updates uniffi learns when it has gone.
 */
internal class TrapsTest {
    private val world = BoundaryWorld()

    /** The core deletes a cancelled ceremony's key while dropping, where nobody could take an exception. */
    @Test
    fun `a key that cannot be deleted does not end the process`() = runBlocking {
        for (thrown in listOf(KeyFailure.Platform("no"), IllegalStateException("not even declared"))) {
            val reached = CompletableDeferred<Unit>()
            val inner = JvmKeys(beforeSign = {
                reached.complete(Unit)
                awaitCancellation()
            })
            val keys = object : HardwareKeys by inner {
                override fun delete(alias: String) = throw thrown
            }
            val ceremony = launch(Dispatchers.Default) { world.register(keys) }
            reached.await()
            ceremony.cancelAndJoin()
            assertEquals("it stays, for now", 1, inner.aliases().size)
        }
        assertStillWorks()
    }

    /** Hardware cannot be interrupted: its key is finished after the core has gone, and nobody has it. */
    @Test
    fun `a key that is finished too late does not stay`() = runBlocking {
        val (reached, finished) = List(2) { CompletableDeferred<Unit>() }
        val hardware = CountDownLatch(1)
        val inner = JvmKeys(beforeGenerate = {
            reached.complete(Unit)
            hardware.await()
        })
        val keys = object : HardwareKeys by inner {
            override suspend fun generate(spec: KeySpec): List<ByteArray> = try {
                inner.generate(spec)
            } finally {
                finished.complete(Unit)
            }
        }
        val ceremony = launch(Dispatchers.Default) { world.register(keys) }
        reached.await()
        ceremony.cancelAndJoin()
        assertEquals("Kotlin's half is let go of", 0, uniffiForeignFutureHandleCount())
        hardware.countDown()
        finished.await()
        assertTrue(inner.aliases().isEmpty())
        assertStillWorks()
    }

    /** Cancelled in the moment between making the key and hearing of it, or killed by Android. */
    @Test
    fun `a key that nobody owns is deleted with the next ceremony`() = runBlocking {
        val keys = JvmKeys()
        world.register(keys)
        val owned = keys.aliases()
        keys.keys["left-behind"] = ecKeyPair()
        world.signIn(keys)
        assertEquals(owned, keys.aliases())
    }

    /** What a callback returns after the core has gone is never freed: little enough to lose. */
    @Test
    fun `what a callback returns is small`() = runBlocking {
        val inner = JvmKeys()
        var largest = 0
        val keys = object : HardwareKeys by inner {
            override suspend fun generate(spec: KeySpec): List<ByteArray> =
                inner.generate(spec).also { chain -> largest = chain.sumOf { it.size } }
        }
        world.register(keys)
        assertTrue("$largest bytes", largest in 1..4096)
    }

    /** Kotlin's data classes compare arrays by identity, so nothing may depend on two records being equal. */
    @Test
    fun `records that hold bytes are compared by their contents, not by themselves`() = runBlocking {
        val (one, other) = List(2) { KeySpec("alias", byteArrayOf(1), strongBox = true, pinAllowed = true) }
        assertNotEquals(one, other)
        assertArrayEquals(one.attestationChallenge, other.attestationChallenge)
        world.register()
        val (first, second) = List(2) { world.provider.passkeys().single() }
        assertNotEquals(first, second)
        assertArrayEquals(first.credentialId, second.credentialId)
    }

    private suspend fun assertStillWorks() {
        val keys = JvmKeys()
        world.register(keys)
        world.signIn(keys)
        assertEquals(0, uniffiForeignFutureHandleCount())
    }
}
