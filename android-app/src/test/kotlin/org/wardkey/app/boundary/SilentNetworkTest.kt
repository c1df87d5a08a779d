package org.wardkey.app.boundary

import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Test
import org.wardkey.app.hybrid.FakeAdvertiser
import org.wardkey.app.hybrid.FakeTunnel
import org.wardkey.app.hybrid.HybridDriver
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Reason
import org.wardkey.core.Step

/**
 * A network that falls silent and closes nothing, under driver and real core: each ceremony ends by itself, says
 * why, and leaves nothing switched on. Time is virtual.
 */
@OptIn(ExperimentalCoroutinesApi::class)
internal class SilentNetworkTest {
    private val tunnel = FakeTunnel()
    private val radio = FakeAdvertiser()

    private fun ended(scope: TestScope, after: TestScope.() -> Unit): Pair<Step, Reason> = BoundaryWorld().use {
        var ending: Pair<Step, Reason>? = null
        it.provider.scan(CODE, scope.currentTime.toULong()).use { phone ->
            val dispatcher = StandardTestDispatcher(scope.testScheduler)
            val driver = HybridDriver(tunnel, radio, { scope.currentTime.toULong() }, dispatcher)
            val outcome = scope.async { driver.run(phone) { error("nobody asked") } }
            // When it is left, it says goodbye at once.
            tunnel.said.complete(Unit)
            scope.runCurrent()
            scope.after()
            scope.testScheduler.advanceUntilIdle()
            val failure = (outcome.getCompleted() as HybridOutcome.Failed).failure
            ending = failure.step to failure.reason
        }
        assertNull("on the air", radio.onAir)
        assertFalse("connected", tunnel.isOpen)
        checkNotNull(ending)
    }

    @Test
    fun `a service that never answers is a network that blocks`() = runTest {
        assertEquals(Step.TUNNEL to Reason.NETWORK_BLOCKED, ended(this) {})
        assertEquals(20_000, currentTime)
    }

    @Test
    fun `a computer that never comes is too far away`() = runTest {
        val ending = ended(this) {
            tunnel.report(HybridEvent.TunnelOpened("0a0b0c"))
            runCurrent()
            assertNotNull("on the air", radio.onAir)
        }
        assertEquals(Step.NEARBY to Reason.TOO_FAR_AWAY, ending)
        assertEquals(60_000, currentTime)
    }
}
